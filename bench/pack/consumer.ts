/** A program of somebody who uses Ekphrasis as a library: run.ts compiles and runs it beside the installed package. */
import { readFile } from 'node:fs/promises';
import { type Application, EkphrasisError, ErrorCode, loadConfig, openApplication } from 'ekphrasis';
import { pino } from 'pino';

const [photo = ''] = process.argv.slice(2);
const application: Application = await openApplication(loadConfig(process.env), { log: pino({ level: 'silent' }) });
try {
  const { caption } = await application.captionPhoto({ bytes: await readFile(photo), name: 'photo.png' });
  console.log(caption.text);
  await application.captionPhoto({ bytes: Uint8Array.of(1, 2, 3), name: 'photo.png' });
} catch (error) {
  if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.InvalidImage) throw error;
  console.log(error.code);
} finally {
  await application.close();
}
