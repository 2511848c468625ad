// What checkstate/runtime/images.py does, in JavaScript: the same picture becomes the same bytes.
// Pictures are {width, height, data}, data a Uint8Array of RGB, row by row.

const MAX_ENLARGEMENT = 2;
const MAX_STRIPS = 3, MIN_GAIN = 1.1;
const REDUCING_GAP = 2;
const PRECISION = 22; // bits after the point of Pillow's weights for 8-bit pixels (Resample.c)

// Decode the first frame of an image file, upright, transparency over white.
export async function readImage(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => {
    throw new Error("not an image that this browser reads");
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  return { width, height, data: rgba.filter((_, index) => index % 4 < 3) };
}

// Bring a picture to [height, width], as the model's metadata says: "stretch", "letterbox" or "wrap".
export function resize(picture, size, mode) {
  if (mode === "stretch") return stretch(picture, size);
  if (mode === "wrap") return letterbox(wrap(picture, size), size);
  if (mode === "letterbox") return letterbox(picture, size);
  throw new Error(`the model wants pictures brought to size by "${mode}", which this page cannot`);
}

const stretch = (picture, [height, width]) => resample(picture, width, height).data;

// A long row in strips, one below the other, where the letterbox then shows it larger.
function wrap(picture, size) {
  const { width: row, height } = picture;
  const strips = stripsOf(row, height, size);
  if (strips === 1) return picture;
  const width = stripWidth(row, height, strips);
  const data = new Uint8Array(strips * height * width * 3);
  for (let strip = 0; strip < strips; strip++) {
    const left = roundHalfEven((strip * (row - width)) / (strips - 1));
    for (let y = 0; y < height; y++) {
      const start = (y * row + left) * 3;
      data.set(picture.data.subarray(start, start + width * 3), (strip * height + y) * width * 3);
    }
  }
  return { width, height: strips * height, data };
}

function stripsOf(row, height, size) {
  let best = 1, largest = 0;
  for (let strips = 1; strips <= MAX_STRIPS; strips++) {
    const scale = letterboxScale(stripWidth(row, height, strips), strips * height, size);
    if (scale > MIN_GAIN * largest) [best, largest] = [strips, scale];
  }
  return best;
}

const stripWidth = (row, height, strips) => Math.ceil((row + (strips - 1) * height) / strips);

const letterboxScale = (width, height, size) => Math.min(size[1] / width, size[0] / height, MAX_ENLARGEMENT);

function letterbox(picture, [height, width]) {
  const scale = letterboxScale(picture.width, picture.height, [height, width]);
  const inner = [picture.width, picture.height].map((side) => Math.max(1, roundHalfEven(side * scale)));
  const small = shrink(picture, ...inner);
  const color = borderColor(small);
  const canvas = Uint8Array.from({ length: height * width * 3 }, (_, index) => color[index % 3]);
  const top = Math.floor((height - inner[1]) / 2), left = Math.floor((width - inner[0]) / 2);
  for (let y = 0; y < small.height; y++) {
    const row = small.data.subarray(y * small.width * 3, (y + 1) * small.width * 3);
    canvas.set(row, ((top + y) * width + left) * 3);
  }
  return canvas;
}

// Python's round().
function roundHalfEven(value) {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

// The median of the outermost pixels, each channel by itself; corners count twice.
function borderColor({ width, height, data }) {
  const border = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y++) border.push(y * width, y * width + width - 1);
  return [0, 1, 2].map((channel) => {
    const values = border.map((pixel) => data[pixel * 3 + channel]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  });
}

// Pillow's Image.resize(..., BILINEAR, reducing_gap=2): large pictures are averaged in blocks first.
function shrink(picture, width, height) {
  const across = Math.max(1, Math.trunc(picture.width / width / REDUCING_GAP));
  const down = Math.max(1, Math.trunc(picture.height / height / REDUCING_GAP));
  const reduced = across > 1 || down > 1 ? reduce(picture, across, down) : picture;
  return resample(reduced, width, height, picture.width / across, picture.height / down);
}

// Pillow's Image.reduce (Reduce.c): the mean of each block, by a multiplication of 32 bits.
function reduce(picture, across, down) {
  const width = Math.ceil(picture.width / across), height = Math.ceil(picture.height / down);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const bottom = Math.min((y + 1) * down, picture.height);
    for (let x = 0; x < width; x++) {
      const right = Math.min((x + 1) * across, picture.width);
      const count = (right - x * across) * (bottom - y * down);
      const multiplier = Math.floor(Math.fround(2 ** 32 / (256 * count)));
      for (let channel = 0; channel < 3; channel++) {
        let sum = count >> 1;
        for (let row = y * down; row < bottom; row++)
          for (let column = x * across; column < right; column++)
            sum += picture.data[(row * picture.width + column) * 3 + channel];
        data[(y * width + x) * 3 + channel] = Math.floor((sum * multiplier) / 2 ** 24);
      }
    }
  }
  return { width, height, data };
}

// Pillow's bilinear resize (Resample.c). The last two arguments say how much of the picture counts, in
// pixels and fractions of them. Which way goes first decides how values are rounded; as of Pillow 13.
function resample(picture, width, height, usedWidth = picture.width, usedHeight = picture.height) {
  const across = (from) => resampleAcross(from, width, weights(from.width, usedWidth, width));
  const down = (from) => resampleDown(from, height, weights(from.height, usedHeight, height));
  const isDownFirst = picture.height - height > Math.max(0, 2 * (picture.width - width));
  return isDownFirst ? across(down(picture)) : down(across(picture));
}

// For each pixel made: the first pixel that it is made of, and the weight of each, as whole numbers.
function weights(length, used, made) {
  const scale = Math.fround(used) / made;
  const support = Math.max(scale, 1);
  return Array.from({ length: made }, (_, index) => {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const last = Math.min(length, Math.trunc(center + support + 0.5));
    const triangle = [];
    for (let at = first; at < last; at++)
      triangle.push(Math.max(0, 1 - Math.abs((at - center + 0.5) * (1 / support))));
    const total = triangle.reduce((sum, weight) => sum + weight, 0);
    return { first, whole: triangle.map((weight) => Math.trunc(0.5 + (weight / total) * 2 ** PRECISION)) };
  });
}

function resampleAcross(picture, width, made) {
  if (width === picture.width) return picture;
  const data = new Uint8Array(width * picture.height * 3);
  const lines = { count: picture.height, from: picture.width * 3, to: width * 3, pixel: 3 };
  resampleLines(picture.data, data, lines, made);
  return { width, height: picture.height, data };
}

function resampleDown(picture, height, made) {
  if (height === picture.height) return picture;
  const data = new Uint8Array(picture.width * height * 3);
  const lines = { count: picture.width, from: 3, to: 3, pixel: picture.width * 3 };
  resampleLines(picture.data, data, lines, made);
  return { width: picture.width, height, data };
}

// Resample rows or columns: they begin `from` bytes apart, and `to` in the result; their pixels lie
// `pixel` bytes apart.
function resampleLines(data, result, { count, from, to, pixel }, made) {
  for (let line = 0; line < count; line++) {
    made.forEach(({ first, whole }, index) => {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 1 << (PRECISION - 1);
        whole.forEach((weight, offset) => {
          sum += weight * data[line * from + (first + offset) * pixel + channel];
        });
        result[line * to + index * pixel + channel] = Math.min(255, sum >> PRECISION);
      }
    });
  }
}
