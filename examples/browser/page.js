// The page: files in, a canvas out. onnxruntime-web lies in the folder ort/ (see docs/exported.md).
import * as ort from "./ort/ort.wasm.min.mjs";
import { metadata, stylize } from "./tiles.js";

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1; // more need the headers of cross-origin isolation
const element = (id) => document.getElementById(id);

element("start").addEventListener("click", async () => {
  const state = element("state");
  try {
    const [model] = element("model").files;
    const [picture] = element("picture").files;
    if (!model || !picture) throw new Error("choose a model and a picture");
    const bytes = new Uint8Array(await model.arrayBuffer());
    const told = metadata(bytes);
    if (!("halo" in told)) throw new Error("the file has no halo: tilegan export writes it");
    const session = await ort.InferenceSession.create(bytes);
    const bitmap = await createImageBitmap(picture);
    const canvas = element("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const result = await stylize(ort, session, told, image, 256, (share) => {
      state.value = `${Math.round(100 * share)} %`;
    });
    canvas.width = result.width;
    canvas.height = result.height;
    context.putImageData(result, 0, 0);
    state.value = told.exact ? "done" : "done, with seams: the model sees the whole image";
  } catch (error) {
    state.value = String(error.message || error);
  }
});
