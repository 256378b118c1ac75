/**
 * The front door for programs: `import { loadConfig, openApplication } from 'ekphrasis'`.
 *
 *     const application = await openApplication(loadConfig(process.env), { log: pino() });
 *     const { caption } = await application.captionPhoto({ bytes: await readFile('dog.jpg'), name: 'dog.jpg' });
 *     await application.close();
 */
import './no-telemetry.js';

export { type RunningServer, startServer } from './api/server/server.js';
export { type Application, type ApplicationOptions, openApplication, type WorkOptions } from './application.js';
export { type Config, loadConfig } from './config.js';
export { EkphrasisError, ErrorCode } from './errors.js';
export type { DatasetId, ImageId, JobId, ModelId, Sha256, TrainingJobId } from './ids.js';
