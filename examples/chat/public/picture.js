/** What a browser may send as it is; anything else it can decode is drawn again. */
const PLAIN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** Bytes; the server takes 700,000. */
const LIMIT = 600_000;

/** The bytes of a picture, drawn smaller when the file is too big. Throws when the file is no picture. */
export async function pictureBytes(file) {
  const image = await createImageBitmap(file);
  if (file.size <= LIMIT && PLAIN.has(file.type)) return file.arrayBuffer();
  for (let edge = 1600; edge >= 200; edge /= 2) {
    const blob = await redraw(image, edge);
    if (blob.size <= LIMIT) return blob.arrayBuffer();
  }
  throw new RangeError("The picture stays too big.");
}

function redraw(image, longestEdge) {
  const scale = Math.min(1, longestEdge / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white"; // JPEG has no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}
