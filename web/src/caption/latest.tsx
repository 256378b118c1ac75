/** The newest photos of the collection, until somebody adds one. */
import { graphql } from '../api/graphql.js';
import { altOf, captionOf, CardFields } from '../parts/card.js';
import { MachineNote } from '../parts/machine-note.js';
import { thumbnail } from '../parts/photo-details.js';
import { useAnswer } from '../parts/use-answer.js';

const LatestPhotos = graphql(
  `
    query LatestPhotos {
      images(first: 4) {
        edges {
          node {
            ...CardFields
          }
        }
      }
    }
  `,
  [CardFields],
);

export function Latest() {
  const { data } = useAnswer(LatestPhotos, {});
  const photos = data?.images.edges.map(({ node }) => node) ?? [];
  if (photos.length === 0) return null;
  return (
    <section class="latest" aria-labelledby="latest">
      <h2 id="latest">Latest in the collection</h2>
      <ul role="list">
        {photos.map((photo) => (
          <li key={photo.id}>
            <a href={`/photos/${photo.id}`}>
              <img
                src={thumbnail(photo.url, 640)}
                alt={altOf(photo)}
                width={photo.width}
                height={photo.height}
                decoding="async"
              />
            </a>
            <p class="sentence">{captionOf(photo).text}</p>
            <MachineNote confidence={captionOf(photo).confidence} />
          </li>
        ))}
      </ul>
    </section>
  );
}
