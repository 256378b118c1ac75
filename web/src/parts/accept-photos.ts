/** Photos that are dropped on the page or pasted into it. */

/** What a choice of files offers: browsers do not know that these endings are pictures, too. */
export const PHOTO_FILES =
  'image/*,.heic,.heif,.hif,.dng,.cr2,.cr3,.nef,.nrw,.arw,.sr2,.orf,.rw2,.raf,.pef,.srw,.3fr,.iiq';

/** The whole window takes them: a drop that misses would otherwise leave the page for the photo. */
export function acceptAnywhere(onFiles: (files: readonly File[]) => void, onOver: (over: boolean) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  addEventListener(
    'dragover',
    (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      onOver(true);
    },
    { signal },
  );
  addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) onOver(false);
    },
    { signal },
  );
  addEventListener(
    'drop',
    (event) => {
      onOver(false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      onFiles([...event.dataTransfer.files]);
    },
    { signal },
  );
  addEventListener(
    'paste',
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    },
    { signal },
  );
  return () => {
    controller.abort();
  };
}
