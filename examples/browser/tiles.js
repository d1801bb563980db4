// Runs an exported model on an image of any size, window by window: onnxruntime-web, with what `tilegan export` wrote
// into the file. Nothing here touches the page.

/** Metadata of an ONNX file by name, as `tilegan export` writes them: halo, stride, scale, exact, name. */
export function metadata(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  const found = {};
  for (const [field, start, end] of fields(view, 0, view.byteLength)) {
    if (field !== 14) continue; // ModelProto.metadata_props
    const entry = {};
    for (const [part, from, to] of fields(view, start, end)) entry[part] = text.decode(bytes.subarray(from, to));
    found[entry[1]] = JSON.parse(entry[2]);
  }
  return found;
}

/** Fields of a protobuf message: number, and where the contents of those that have a length begin and end. */
function* fields(view, place, end) {
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = view.getUint8(place++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (place < end) {
    const tag = number();
    if ((tag & 7) === 2) {
      const length = number();
      yield [Math.floor(tag / 8), place, place + length];
      place += length;
    } else if ((tag & 7) === 0) number();
    else place += (tag & 7) === 1 ? 8 : 4;
  }
}

/** Index of a pixel beyond the edges of an image, mirrored as numpy's `reflect`. */
function reflect(index, length) {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = ((index % period) + period) % period;
  return Math.min(place, period - place);
}

/**
 * Stylize an image.
 *
 * @param ort the module onnxruntime-web.
 * @param session of an exported model.
 * @param told its metadata.
 * @param image ImageData.
 * @param side of a window in pixels; rounded up to the stride.
 * @param done called with the share of windows that are done.
 * @returns ImageData, `told.scale` times as wide and high.
 */
export async function stylize(ort, session, told, image, side = 256, done = () => {}) {
  const { halo, stride, scale } = told;
  const step = Math.ceil(side / stride) * stride;
  const rows = Math.ceil(image.height / step);
  const columns = Math.ceil(image.width / step);
  const result = new ImageData(image.width * scale, image.height * scale);
  for (let window = 0; window < rows * columns; window++) {
    const top = Math.floor(window / columns) * step;
    const left = (window % columns) * step;
    const height = Math.min(step, Math.ceil((image.height - top) / stride) * stride);
    const width = Math.min(step, Math.ceil((image.width - left) / stride) * stride);
    const input = read(image, top - halo, left - halo, height + 2 * halo, width + 2 * halo);
    const output = (await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", ...input) }))[
      session.outputNames[0]
    ];
    write(result, output, top * scale, left * scale, halo * scale, height * scale, width * scale);
    done((window + 1) / (rows * columns));
  }
  return result;
}

/** Values from 0 to 1 of a window that may begin and end outside of the image, and their shape. */
function read(image, top, left, height, width) {
  const values = new Float32Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    const row = reflect(top + y, image.height) * image.width;
    for (let x = 0; x < width; x++) {
      const from = 4 * (row + reflect(left + x, image.width));
      for (let c = 0; c < 3; c++) values[(c * height + y) * width + x] = image.data[from + c] / 255;
    }
  }
  return [values, [1, 3, height, width]];
}

/** Write a window without its halo; what lies outside of the image is dropped. */
function write(result, output, top, left, halo, height, width) {
  const [, , high, wide] = output.dims;
  for (let y = 0; y < Math.min(height, result.height - top); y++) {
    for (let x = 0; x < Math.min(width, result.width - left); x++) {
      const to = 4 * ((top + y) * result.width + left + x);
      for (let c = 0; c < 3; c++) {
        result.data[to + c] = Math.round(output.data[(c * high + halo + y) * wide + halo + x] * 255);
      }
      result.data[to + 3] = 255;
    }
  }
}
