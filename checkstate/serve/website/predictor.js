// What checkstate/runtime/predictor.py does, in JavaScript.

import * as ort from "./ort.wasm.bundle.min.mjs";
import { readImage, resize } from "./images.js";

const [MAX_ROW_HEIGHT, MAX_CONTROL_AREA] = [384, 512 * 512];

// Load the runtime and the model; returns its metadata, and a function from a file to a prediction.
export async function loadPredictor() {
  const metadata = await (await get("model.json")).json();
  // compressed by us, since few static hosts compress WebAssembly
  const runtime = (await get("ort-wasm-simd-threaded.wasm.gzip")).body;
  ort.env.wasm.wasmBinary = await new Response(runtime.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  ort.env.wasm.numThreads = 1; // more would need headers that a static host does not send
  const session = await ort.InferenceSession.create(await (await get("model.onnx")).arrayBuffer());

  async function predict(file) {
    const picture = await readImage(file);
    const input = resize(picture, metadata.image_size, metadata.resize);
    const image = new ort.Tensor("uint8", input, [1, ...metadata.image_size, 3]);
    const { logits } = await session.run({ image });
    return {
      probabilities: softmax(Array.from(logits.data, (logit) => logit / metadata.temperature)),
      isScreenshot:
        Math.min(picture.width, picture.height) > MAX_ROW_HEIGHT && picture.width * picture.height > MAX_CONTROL_AREA,
    };
  }
  return { metadata, predict };
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}

function softmax(values) {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
