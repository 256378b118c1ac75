/** A photo on its way: XMLHttpRequest, because fetch does not tell how much has been sent. */
import { print } from '@0no-co/graphql.web';
import { type Answer, dataOf, GRAPHQL_PATH, reachable, Refusal, Unreachable } from './client.js';
import type { TadaDocumentNode } from './graphql.js';

/**
 * Sends an operation whose variable `upload` is a file, as the GraphQL multipart request specification has it.
 *
 * @param variables the others
 * @param onSent is told how much of the file has been sent, 0 to 1
 * @throws Refusal, Unreachable
 */
export function upload<Data, Variables extends { upload?: null }>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'upload'>,
  file: File,
  onSent: (share: number) => void,
  signal: AbortSignal,
): Promise<Data> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: print(document), variables: { ...variables, upload: null } }));
  form.set('map', JSON.stringify({ file: ['variables.upload'] }));
  form.set('file', file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', GRAPHQL_PATH);
    request.responseType = 'json';
    request.setRequestHeader('apollo-require-preflight', '1');
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) onSent(loaded / total);
    };
    request.onload = () => {
      reachable.value = true;
      try {
        // A proxy's page in place of an answer is read as null.
        const answer = request.response as Answer<Data> | null;
        if (answer === null) throw new Refusal(`The server answered with status ${request.status}.`, '');
        resolve(dataOf(answer));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    request.onerror = () => {
      reachable.value = false;
      reject(new Unreachable());
    };
    request.onabort = () => {
      reject(new DOMException('The upload was given up.', 'AbortError'));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(form);
  });
}
