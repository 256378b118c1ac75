/** The collection: all of it, what a search finds, or what looks like one photo. */
import { useEffect, useMemo } from 'preact/hooks';
import { route } from '../parts/route.js';
import { Empty, Failure, Loading } from '../parts/states.js';
import { readPage } from './entries.js';
import { ExportButton } from './export-button.js';
import { type Feed, openFeed } from './feed.js';
import { FilterPanel } from './filter-panel.js';
import { countFilters, SENT, type Wish, wish } from './filters.js';
import { Found, LikeWhat } from './found.js';
import { PhotoDialog } from './photo-dialog.js';
import { PhotoGrid } from './photo-grid.js';
import { SearchBar } from './search-bar.js';
import { selection, SelectButton, SelectionBar } from './selection.js';
import './gallery.css';

export function GalleryView() {
  const wanted = wish.value;
  const isForgotten = wanted.like === SENT && !wanted.example;
  return (
    <>
      <h1 class="unseen">Photos</h1>
      <SearchBar />
      <div class="below-bar">
        <FilterPanel wanted={wanted} />
        <div class="row">
          <SelectButton />
          <ExportButton />
        </div>
      </div>
      {isForgotten ? (
        <Empty title="That photo is no longer here">
          <p>
            Photos that are searched by are not kept. Choose it again, or look at <a href="/photos">all photos</a>.
          </p>
        </Empty>
      ) : (
        <Photos wanted={wanted} />
      )}
    </>
  );
}

function Photos({ wanted }: { wanted: Wish }) {
  const key = JSON.stringify({ ...wanted, example: wanted.example?.key });
  const feed = useMemo(() => openFeed((after, signal) => readPage(wanted, after, signal)), [key]);
  useEffect(() => {
    feed.more();
    return () => {
      feed.close();
      selection.value = undefined;
    };
  }, [feed]);
  return (
    <>
      <LikeWhat wanted={wanted} />
      <Results feed={feed} wanted={wanted} />
      <SelectionBar onDeleted={feed.remove} />
      {route.value.id !== undefined && (
        <PhotoDialog
          id={route.value.id}
          shown={feed.state.value.entries.map(({ card }) => card.id)}
          onDeleted={feed.remove}
        />
      )}
    </>
  );
}

function Results({ feed, wanted }: { feed: Feed; wanted: Wish }) {
  const { entries, total, error, loading } = feed.state.value;
  if (total === undefined)
    return error === undefined ? <Loading what="Fetching photos" /> : <Failure error={error} again={feed.more} />;
  return (
    <>
      <Found state={feed.state.value} wanted={wanted} />
      {total === 0 ? (
        <NoPhotos wanted={wanted} />
      ) : (
        <PhotoGrid
          entries={entries}
          total={total}
          more={feed.more}
          hrefOf={({ card }) => `/photos/${card.id}${location.search}`}
        />
      )}
      {error !== undefined && !loading && <Failure error={error} again={feed.more} />}
    </>
  );
}

function NoPhotos({ wanted: { text, like, filter } }: { wanted: Wish }) {
  if (text !== '')
    return (
      <Empty title="No photo says that">
        <p>Try fewer or other words: all forms of a word are found.</p>
      </Empty>
    );
  if (countFilters(filter) > 0)
    return (
      <Empty title="No photo is left">
        <p>The filters leave none. Take some off.</p>
      </Empty>
    );
  if (like !== undefined)
    return (
      <Empty title="Nothing to compare it with">
        <p>No other photo was seen yet.</p>
      </Empty>
    );
  return (
    <Empty title="No photos yet">
      <p>
        <a href="/">Drop some</a>, or import a folder: <code>npx ekphrasis import DIR</code>.
      </p>
    </Empty>
  );
}
