/** Which of ONNX Runtime's execution providers compute on this machine. */
import { listSupportedBackends } from './onnx-runtime.js';
import { Graph } from './graph.js';
import { add } from './operations.js';
import type { Provider } from './session.js';
import { Session } from './session.js';

/**
 * Tries a provider on a graph of one operation: that it is part of the build says nothing of drivers and devices.
 *
 * @returns why it cannot be used, in ONNX Runtime's words; nothing when it can
 */
export async function providerFault(provider: Provider): Promise<string | undefined> {
  if (!listSupportedBackends().some(({ name }) => name === provider))
    return `this build of ONNX Runtime has no ${provider} provider`;
  const graph = new Graph();
  try {
    const session = await Session.create(graph, { sum: add(graph.input('x', [1]), 1) }, { provider });
    await session.run(new Map([['x', Float32Array.of(1)]]));
    await session.release();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The part of ONNX Runtime's message that is not about its own source code. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('was false. ').at(-1) ?? message).trim();
}
