// seedrandom's types describe the whole package; its alea is a module of its own, without the other generators and their `crypto`.
declare module "seedrandom/lib/alea.js" {
  import type seedrandom from "seedrandom";
  const alea: (typeof seedrandom)["alea"];
  export = alea;
}
