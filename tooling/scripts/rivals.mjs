// npm run rivals: also installs the large optional rivals of the benchmark (about 500 MB); install scripts stay off.
import { bootstrap } from "./bootstrap.mjs";

bootstrap({ rivals: true });
console.log("Rivals are installed. `npm start` now measures them too.");
