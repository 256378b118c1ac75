/** The version of the program, as package.json has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PROGRAM_FOLDER } from './program-folder.js';

export const PROGRAM_VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(PROGRAM_FOLDER, 'package.json'), 'utf8'))).version;
