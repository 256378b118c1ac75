/** Before all tests, so that not every process makes it: the database that they begin with. */
import { preparedData } from './open-test-store.js';

export default async function prepareDatabase(): Promise<void> {
  await preparedData();
}
