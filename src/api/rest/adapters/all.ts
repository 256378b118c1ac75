import type { Adapter } from './adapter.js';
import { ollama } from './ollama.js';
import { openai } from './openai.js';
import { photoprism } from './photoprism.js';

export const ADAPTERS: readonly Adapter[] = [ollama, openai, photoprism];
