import { openStage } from './open.js';
const stage = await openStage();
console.log(stage.origin);
