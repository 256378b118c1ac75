import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask, reachable, Unreachable } from '../api/client.js';
import type { TadaDocumentNode } from '../api/graphql.js';

export interface Answered<Data> {
  /** The last answer, kept while the next is on its way. */
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** Asks again. */
  readonly again: () => void;
}

/** What the server answers to a query; asked again when the variables change, and when the server is back. */
export function useAnswer<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
): Answered<Data> {
  const [state, setState] = useState<Omit<Answered<Data>, 'again'>>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const key = JSON.stringify(variables);
  const isBack = state.error instanceof Unreachable && reachable.value;
  useEffect(() => {
    const controller = new AbortController();
    setState(({ data }) => ({ data, error: undefined, loading: true }));
    ask(document, JSON.parse(key) as Variables, controller.signal).then(
      (data) => {
        setState({ data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState(({ data }) => ({ data, error, loading: false }));
      },
    );
    return () => {
      controller.abort();
    };
  }, [document, key, round, isBack]);
  const again = useCallback(() => {
    setRound((count) => count + 1);
  }, []);
  return { ...state, again };
}
