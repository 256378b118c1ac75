/**
 * ONNX Runtime sends events to its makers since 1.29, and keeps a device id, a database of events and a log on the
 * disk. Its native library asks for this variable when it is loaded, so this module is to be imported before it: modules
 * are evaluated in the order of their imports. Child processes inherit the environment.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
