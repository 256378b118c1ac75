/** The page: `npm run build` puts it into dist/web, where the server finds it. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** `npm run dev`: the page comes from vite with hot reload, everything else from the server. */
const SERVER = `http://127.0.0.1:${process.env.PORT ?? '4000'}`;

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: folder('.'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: {
    proxy: {
      '^/(graphql|session|images|alt|healthz)': {
        target: SERVER,
        ws: true,
        changeOrigin: true,
        // The server answers pages of its own address only.
        headers: { origin: SERVER },
      },
    },
  },
  build: {
    outDir: folder('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // A picture or font in the text of a style sheet is what the Content-Security-Policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
