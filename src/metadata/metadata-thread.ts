/** What the thread of read-metadata.ts runs. */
import { worker } from 'workerpool';
import { readSources } from './read-sources.js';

worker({ readSources });
