/** The alt texts of the whole collection as a file. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask, messageOf } from '../api/client.js';
import { graphql, type ResultOf } from '../api/graphql.js';
import { announce } from '../parts/announce.js';
import { save, toCsv } from '../parts/download.js';
import { percent } from '../parts/figures.js';

const AltTexts = graphql(`
  query AltTexts($after: String) {
    images(first: 100, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          name
          sha256
          altText {
            text
            caption
            confidence
            origin
          }
          referenceCaptions {
            text
            source
            origin
          }
          generatedCaptions {
            text
            model {
              name
            }
          }
        }
      }
    }
  }
`);
type Described = ResultOf<typeof AltTexts>['images']['edges'][number]['node'];

interface AltText {
  readonly file: string;
  readonly sha256: string;
  readonly altText: string;
  /** Who wrote it; null where nobody has. */
  readonly writtenBy: 'person' | 'file' | 'machine' | 'machine, chosen by a person' | null;
  /** The model, or the data set; null for what a person wrote here. */
  readonly author: string | null;
  /** How much of it people would say too, 0 to 1; null where nobody has written. */
  readonly confidence: number | null;
}

export function ExportButton() {
  const progress = useSignal<string | undefined>(undefined);
  const failure = useSignal<unknown>(undefined);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const run = async (format: 'csv' | 'json') => {
    controller.current = new AbortController();
    progress.value = 'Reading';
    failure.value = undefined;
    try {
      const texts = await readAll((share) => {
        progress.value = `Reading, ${percent(share)}`;
      }, controller.current.signal);
      save(`alt-texts.${format}`, format === 'json' ? `${JSON.stringify(texts, null, 2)}\n` : csvOf(texts));
      announce('The alt texts are saved.');
    } catch (error) {
      failure.value = error;
    }
    progress.value = undefined;
  };
  return (
    <div class="export row">
      <span class="small soft" id="export-label">
        {progress.value ?? 'Export alt texts'}
      </span>
      {(['csv', 'json'] as const).map((format) => (
        <button
          key={format}
          type="button"
          aria-describedby="export-label"
          disabled={progress.value !== undefined}
          onClick={() => void run(format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      {failure.value !== undefined && (
        <p class="bad small" role="alert">
          {messageOf(failure.value)}
        </p>
      )}
    </div>
  );
}

async function readAll(onProgress: (share: number) => void, signal: AbortSignal): Promise<AltText[]> {
  const texts: AltText[] = [];
  for (let after: string | null = null; ;) {
    const { images }: ResultOf<typeof AltTexts> = await ask(AltTexts, { after }, signal);
    texts.push(...images.edges.map(({ node }) => toAltText(node)));
    onProgress(texts.length / Math.max(1, images.totalCount));
    if (!images.pageInfo.hasNextPage) return texts;
    after = images.pageInfo.endCursor;
  }
}

function toAltText({ name, sha256, altText, referenceCaptions, generatedCaptions }: Described): AltText {
  const photo = { file: name, sha256 };
  if (!altText) return { ...photo, altText: '', writtenBy: null, author: null, confidence: null };
  const { text, caption, confidence, origin } = altText;
  const described = { ...photo, altText: text, confidence };
  const model = generatedCaptions.find((written) => written.text === caption)?.model.name ?? null;
  if (origin === 'GENERATED') return { ...described, writtenBy: 'machine', author: model };
  if (origin === 'FILE') return { ...described, writtenBy: 'file', author: null };
  const reference = referenceCaptions.findLast((written) => written.text === caption);
  if (reference?.origin === 'CHOICE') return { ...described, writtenBy: 'machine, chosen by a person', author: model };
  return { ...described, writtenBy: 'person', author: reference?.origin === 'DATASET' ? reference.source : null };
}

function csvOf(texts: readonly AltText[]): string {
  const header = ['file', 'sha256', 'altText', 'writtenBy', 'author', 'confidence'] as const;
  return toCsv(
    header,
    texts.map((text) => header.map((name) => text[name])),
  );
}
