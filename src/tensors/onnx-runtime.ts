/** The one door to ONNX Runtime, for programs that begin elsewhere than at the front door, too. */
import '../no-telemetry.js';

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
