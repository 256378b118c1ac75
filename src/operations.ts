/** What can be done with a collection, each by the function of its room: the part of an application without a state. */
import type { Services } from './api/services.js';
import { altText, altTextEntries, altTextsOfFiles } from './collection/alt-text.js';
import {
  approveAltTexts,
  editAltText,
  markDecorative,
  rejectAltTexts,
  undoAltText,
} from './collection/alt-text-decisions.js';
import { altTextQueue } from './collection/alt-text-queue.js';
import { trainingDataNow } from './collection/captioned-photos.js';
import { captionOnce } from './collection/caption-once.js';
import { captionLanguages, currentModel } from './collection/choose-captioner.js';
import { setExternalId } from './collection/external-id.js';
import { captionSamples } from './collection/caption-samples.js';
import type { OpenCollection } from './collection/context.js';
import { importDataset, type ImportOptions, type ImportReport } from './collection/import-dataset.js';
import { adoptCaptionsOfAll, adoptFileCaptions } from './collection/adopt-captions.js';
import { type CaptionExport, type CaptionExportReport, exportCaptions } from './collection/export-captions.js';
import { exportXmp, type XmpExport, type XmpExportReport } from './collection/export-xmp.js';
import { chooseCaption, correctCaption, rateCaption, removeCaption } from './collection/people-captions.js';
import { type MetadataRefresh, refreshMetadata } from './collection/refresh-metadata.js';
import type { Config } from './config.js';
import type { Dataset } from './datasets/dataset.js';
import type { OpenOptions } from './datasets/open-dataset.js';
import { openSource } from './datasets/open-source.js';
import { type CandidateEnsemble, makeCandidateEnsemble, type Members } from './evaluation/ensemble.js';
import { type EvaluatedModel, evaluateModel, evaluationDependencies } from './evaluation/evaluate-model.js';
import {
  type CaptionsRequest,
  evaluateCaptionsFromElsewhere,
  type MeasuredCaptions,
} from './evaluation/evaluate-captions.js';
import { findReport } from './evaluation/find-report.js';
import type { DatasetId, LibraryId, ModelId } from './ids.js';
import { scanLibrary, type ScanOptions } from './libraries/scan-library.js';
import type { ScanReport } from './libraries/scan-report.js';
import { datasetInWords, findModel, findModelOrCurrent } from './models/registry.js';
import { recommendations } from './search/recommendations.js';
import { searchImages } from './search/search-images.js';
import { currentSpace } from './search/semantics.js';
import { findDuplicates } from './search/duplicates.js';
import { similarImages } from './search/similar-images.js';
import { similarToUpload } from './search/similar-to-upload.js';
import type { Split } from './splits.js';
import type { Store } from './store/store.js';

export interface Evaluation {
  readonly split: Split;
  /** Default: the current model. */
  readonly modelId?: ModelId | undefined;
  /** Whose photos are captioned. Default: all. */
  readonly dataset?: DatasetId | undefined;
}

/** What is found in the collection, and said of it: see the functions of the same names. */
type Finding = Pick<
  Services,
  | 'searchImages'
  | 'similarImages'
  | 'duplicates'
  | 'recommendations'
  | 'altText'
  | 'captionOnce'
  | 'captionLanguages'
  | 'altTextEntries'
  | 'altTextsOfFiles'
  | 'altTextQueue'
  | 'findCaptioner'
  | 'datasetInWords'
  | 'trainingDataNow'
  | 'findReport'
  | 'captionSamples'
>;

/** What people say of captions and alternative texts: see the functions of the same names. */
type Feedback = Pick<
  Services,
  | 'setExternalId'
  | 'rateCaption'
  | 'correctCaption'
  | 'chooseCaption'
  | 'removeCaption'
  | 'adoptFileCaptions'
  | 'approveAltTexts'
  | 'editAltText'
  | 'markDecorative'
  | 'rejectAltTexts'
  | 'undoAltText'
>;

/** What takes minutes to hours: a command does it itself, or has a worker do it. */
export interface LongWork {
  /** Imports a folder, or `scenes`. `onRecognised` is told what it is before it begins. @throws INVALID_DATASET */
  importDataset(
    path: string,
    options?: ImportOptions & OpenOptions & { readonly onRecognised?: (dataset: Dataset) => void },
  ): Promise<ImportReport>;
  /** See `scanLibrary` of the libraries. @throws what `collection` throws, too */
  scanLibrary(id: LibraryId, options?: ScanOptions): Promise<ScanReport>;
  /** See `exportCaptions` of the collection. */
  exportCaptions(
    wish: CaptionExport,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<CaptionExportReport>;
  /** See `exportXmp` of the collection. */
  exportXmp(
    wish: XmpExport,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<XmpExportReport>;
  /** See `refreshMetadata` of the collection. */
  refreshMetadata(
    dataset?: DatasetId,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<MetadataRefresh>;
  /** See `evaluateModel`. @throws NOT_FOUND for an unknown model */
  evaluate(
    request: Evaluation,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<EvaluatedModel>;
  /** See `evaluateCaptionsFromElsewhere`. */
  evaluateCaptions(request: CaptionsRequest): Promise<MeasuredCaptions>;
  /** See `makeCandidateEnsemble`. */
  ensemble(
    request: Members,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<CandidateEnsemble>;
}

export interface Operations extends Finding, Feedback, LongWork {}

/** Opens what needs the process that sees and writes. */
export type Collection = () => Promise<OpenCollection>;

export function operationsOf(store: Store, collection: Collection, limits: Config['limits']): Operations {
  return { ...longWork(store, collection, limits), ...finding(store, collection), ...feedback(store, collection) };
}

function finding(store: Store, collection: Collection): Finding {
  const running = async () => (await collection()).inference.encoder.id;
  const space = currentSpace(store, async (text, model) => {
    const { inference, checkpoints } = await collection();
    return (await inference.embedTexts(await checkpoints.pathOf(model), [text]))[0];
  });
  return {
    searchImages: (request) => searchImages(request, { store, space }),
    similarImages: async (query, request) =>
      'images' in query
        ? similarImages({ ...request, like: query }, store, running)
        : similarToUpload(query.photo, request, await collection()),
    duplicates: (request) => findDuplicates(request, store),
    recommendations: (request) => recommendations(request, store, running),
    altText: (imageId, language) => altText(imageId, store, language),
    altTextEntries: (imageIds, language) => altTextEntries(imageIds, language, store),
    altTextsOfFiles: (sha256s, language) => altTextsOfFiles(sha256s, language, store),
    altTextQueue: (request) => altTextQueue(request, store),
    captionOnce: async (photo, wish) => captionOnce(photo, wish, await collection()),
    captionLanguages: async () => captionLanguages(await collection()),
    findCaptioner: (id) => findModelOrCurrent(store, id),
    datasetInWords: (id) => datasetInWords(id, store),
    trainingDataNow: (dataset) => trainingDataNow(dataset, store),
    findReport: (request) => findReport(request, store),
    captionSamples: (request) => captionSamples(request, store, collection),
  };
}

function feedback(store: Store, collection: Collection): Feedback {
  return {
    setExternalId: (imageId, externalId) => setExternalId(imageId, externalId, store),
    rateCaption: (rating) => rateCaption(rating, store),
    correctCaption: (correction) => correctCaption(correction, store),
    chooseCaption: async (choice) => chooseCaption(choice, { ...(await collection()), store }),
    removeCaption: (id) => removeCaption(id, store),
    approveAltTexts: (texts, language, by) => approveAltTexts(texts, language, by, store),
    editAltText: (text, language, by) => editAltText(text, language, by, store),
    markDecorative: (images, decorative, language, by) => markDecorative(images, decorative, language, by, store),
    rejectAltTexts: (texts, language, by) => rejectAltTexts(texts, language, by, store),
    undoAltText: (actionId, of, by) => undoAltText(actionId, of, by, store),
    adoptFileCaptions: async (photos, field) =>
      'imageIds' in photos
        ? adoptFileCaptions(photos.imageIds, field, store)
        : adoptCaptionsOfAll(photos, field, store),
  };
}

export function longWork(store: Store, collection: Collection, limits: Config['limits']): LongWork {
  return {
    async importDataset(path, options = {}) {
      const dataset = await openSource(path, options);
      options.onRecognised?.(dataset);
      return importDataset(dataset, await collection(), options);
    },
    scanLibrary: async (id, options) => scanLibrary(id, await collection(), options),
    exportCaptions: (wish, onProgress, signal) => exportCaptions(wish, store, onProgress, signal),
    exportXmp: (wish, onProgress, signal) => exportXmp(wish, { store, limits }, onProgress, signal),
    refreshMetadata: (dataset, onProgress, signal) => refreshMetadata(dataset, { store, limits }, onProgress, signal),
    async evaluate({ split, modelId, dataset }, onProgress, signal) {
      const context = await collection();
      const model = modelId === undefined ? await currentModel(context) : await findModel(store, modelId);
      return evaluateModel({ model, split, dataset }, evaluationDependencies(context), onProgress, signal);
    },
    evaluateCaptions: (request) => evaluateCaptionsFromElsewhere(request, store),
    async ensemble(request, onProgress, signal) {
      return makeCandidateEnsemble(request, evaluationDependencies(await collection()), onProgress, signal);
    },
  };
}
