import { percent } from './figures.js';

/** Says beside a caption that a machine wrote it, and how sure it was; nothing where none did. */
export function MachineNote({ confidence }: { confidence: number | undefined }) {
  return confidence === undefined ? null : <span class="machine-note">machine, {percent(confidence)} sure</span>;
}
