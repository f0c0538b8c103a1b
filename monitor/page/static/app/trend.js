// A small line of the last two minutes on a tile's canvas. A value that is missing is a gap, never a line.

/** @param {HTMLCanvasElement} canvas @param {(number | null)[]} values @param {number} low @param {number} high */
export function drawTrend(canvas, values, low, high) {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = "#ff8fa3";
  context.lineWidth = 2;
  context.beginPath();
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = (index / Math.max(1, values.length - 1)) * (width - 4) + 2;
    const y = height - 3 - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (height - 6);
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  });
  context.stroke();
}
