/**
 * npm runs this before the scripts of the packages that this one depends on. onnxruntime-node's would fetch 350 MB of
 * CUDA libraries, and fail the whole installation where there is no network; without them it computes on the CPU. Its
 * author's switch is a variable of the environment or of npm, which a package cannot set for another: so its script is
 * emptied here, unless whoever installs has set the variable.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const asked = ['ONNXRUNTIME_NODE_INSTALL', 'ONNXRUNTIME_NODE_INSTALL_CUDA', 'npm_config_onnxruntime_node_install'];

/**
 * The script of the package as Node would find it from here.
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
function findScript(folder) {
  const path = join(folder, 'node_modules', 'onnxruntime-node', 'script', 'install.js');
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : findScript(dirname(folder));
}

const script = findScript(import.meta.dirname);
if (script !== undefined && asked.every((name) => !process.env[name])) {
  writeFileSync(script, '// Emptied by ekphrasis. For CUDA: ONNXRUNTIME_NODE_INSTALL=cuda12 npm install ekphrasis\n');
}
