import { fileURLToPath } from "node:url";

const config = {
  // Otherwise Next.js looks for lock files in the folders above, and takes the outermost for the app's.
  turbopack: { root: fileURLToPath(new URL(".", import.meta.url)) },
};

export default config;
