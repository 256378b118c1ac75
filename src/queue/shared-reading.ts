/**
 * One reading of the database for all who ask the same at the same moment, as the readers of a job do when it goes on.
 */
import { setImmediate as turn } from 'node:timers/promises';

/**
 * Nobody is given what was read before it asked: who asks within one turn of the event loop shares a reading that
 * begins after it. Nothing is kept.
 */
export function sharedReading<Asked extends readonly (string | number)[], Answer>(
  read: (...asked: Asked) => Promise<Answer>,
): (...asked: Asked) => Promise<Answer> {
  const gathering = new Map<string, Promise<Answer>>();
  const begin = async (key: string, asked: Asked): Promise<Answer> => {
    await turn();
    gathering.delete(key);
    return read(...asked);
  };
  return (...asked) => {
    const key = asked.join();
    const answer = gathering.get(key) ?? begin(key, asked);
    gathering.set(key, answer);
    return answer;
  };
}
