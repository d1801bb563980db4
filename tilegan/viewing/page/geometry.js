// Pixels of the image, places of the map, and how both are told.
// The map's coordinates are pixels: latitude is y, downwards, and longitude x, from the top left corner of the image.

export const pixelRatio = () => window.devicePixelRatio || 1;

/** The coordinate system in which zoom `maxZoom` shows one pixel of the image as one CSS pixel. */
export function pixelCrs(maxZoom) {
  return L.extend({}, L.CRS.Simple, {
    transformation: new L.Transformation(1, 0, 1, 0),
    scale: (zoom) => 2 ** (zoom - maxZoom),
    zoom: (scale) => Math.log2(scale) + maxZoom,
  });
}

export const toLatLng = (x, y) => L.latLng(y, x);
export const imageBounds = (info) => L.latLngBounds([0, 0], [info.height, info.width]);

/** The place of the image that is nearest to a place. */
export function within({ lat, lng }, info) {
  return L.latLng(Math.max(0, Math.min(info.height, lat)), Math.max(0, Math.min(info.width, lng)));
}

/** How many pixels of the screen show one pixel of the image, on each side. */
export const magnification = (map, info) => 2 ** (map.getZoom() - info.maxZoom) * pixelRatio();

/** The zoom at which one pixel of the image is one pixel of the screen. */
export const fullZoom = (info) => info.maxZoom - Math.log2(pixelRatio());

/** The x and y of the pixel at a place, or null beside the image. */
export function pixelAt(latlng, info) {
  const x = Math.floor(latlng.lng);
  const y = Math.floor(latlng.lat);
  return x >= 0 && y >= 0 && x < info.width && y < info.height ? { x, y } : null;
}

/** Coordinates of a pixel's centre in the image's reference system, or null if it has none. */
export function onGround({ x, y }, info) {
  if (!info.crs?.transform) return null;
  const [x0, xx, xy, y0, yx, yy] = info.crs.transform;
  const [column, row] = [x + 0.5, y + 0.5];
  return [x0 + column * xx + row * xy, y0 + column * yx + row * yy];
}

/** Units of the reference system per pixel, along a row. */
export function groundResolution(info) {
  return info.crs?.transform ? Math.hypot(info.crs.transform[1], info.crs.transform[4]) : null;
}

const isDegree = (unit) => /^deg/i.test(unit ?? "");
export const isMetre = (unit) => /^met(re|er)s?$|^m$/i.test(unit ?? "");

/** A coordinate as text, with as many decimals as a pixel is worth. */
export function coordinate(value, info) {
  if (isDegree(info.crs.unit)) return value.toFixed(6);
  const decimals = Math.min(4, Math.max(0, Math.ceil(-Math.log10(groundResolution(info) || 1))));
  return grouped(value.toFixed(decimals));
}

export function lonLatText([longitude, latitude]) {
  const side = (value, positive, negative) => `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
  return `${side(latitude, "N", "S")}, ${side(longitude, "E", "W")}`;
}

/** A number with narrow spaces between its thousands. */
export function grouped(number) {
  const [whole, fraction] = String(number).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

export function percent(factor) {
  const value = factor * 100;
  return `${value >= 10 ? grouped(Math.round(value)) : value.toPrecision(2)} %`;
}

/** The size of an image, as people tell it. */
export function sizeText(width, height) {
  const pixels = width * height;
  const unit = pixels >= 1e9 ? [1e9, "gigapixels"] : [1e6, "megapixels"];
  const amount = pixels / unit[0];
  return `${grouped(width)} × ${grouped(height)} · ${amount >= 100 ? Math.round(amount) : amount.toPrecision(2)} ${unit[1]}`;
}
