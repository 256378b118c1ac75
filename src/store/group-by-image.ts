import type { ImageId } from '../ids.js';

/** What belongs to each photo, in the order in which it was given. */
export function groupByImage<Item extends { readonly imageId: ImageId }>(items: readonly Item[]): Map<ImageId, Item[]> {
  const groups = new Map<ImageId, Item[]>();
  for (const item of items) {
    const group = groups.get(item.imageId);
    if (group) group.push(item);
    else groups.set(item.imageId, [item]);
  }
  return groups;
}
