// usearch declares Node >= 22, but its prebuilt binary runs on 20; pnpm would silently skip it as an optional dependency.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === "usearch") delete manifest.engines;
      return manifest;
    },
  },
};
