import type { Line, Point } from './drawing.js';

/** As shares of the box. */
const PEN_WIDTH = 0.07;
const KEY_STEP = 0.03;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -KEY_STEP, y: 0 },
  ArrowRight: { x: KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: -KEY_STEP },
  ArrowDown: { x: 0, y: KEY_STEP },
};

/** A box to draw in, with mouse, finger, pen or keyboard. Points are shares of its side, from 0 to 1. */
export class DrawingBox {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #lines: Line[] = [];
  /** The line that a pointer is drawing. */
  #open: { line: Line; pointerId: number } | undefined;
  /** Where the keyboard's pen is, and the line it is drawing. */
  #pen: Point = { x: 0.5, y: 0.5 };
  #penLine: Line | undefined;
  #byKeyboard = false;

  constructor(
    canvas: HTMLCanvasElement,
    readonly onChange: (lines: readonly Line[]) => void,
  ) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
    this.#canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    this.#canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      this.#canvas.addEventListener(end, (event) => this.#end(event));
    }
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('blur', () => this.#leaveKeyboard());
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  clear(): void {
    this.#lines = [];
    this.#open = this.#penLine = undefined;
    this.#changed();
  }

  #begin(event: PointerEvent): void {
    if (this.#open || event.button !== 0) return;
    this.#leaveKeyboard();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#open = { line: [this.#pointOf(event)], pointerId: event.pointerId };
    this.#lines.push(this.#open.line);
    this.#changed();
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#open?.pointerId) return;
    // Between two frames a pen reports many places in one event.
    const places = event.getCoalescedEvents();
    for (const place of places.length > 0 ? places : [event]) this.#open.line.push(this.#pointOf(place));
    this.#changed();
  }

  #end(event: PointerEvent): void {
    if (event.pointerId === this.#open?.pointerId) this.#open = undefined;
  }

  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (event.key === ' ') this.#penLine = this.#penLine ? undefined : this.#newLine();
    else if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
    else if (arrow) this.#movePen(arrow);
    else return;
    event.preventDefault(); // which would scroll the page
    this.#byKeyboard = true;
    this.#changed();
  }

  #newLine(): Line {
    const line = [{ ...this.#pen }];
    this.#lines.push(line);
    return line;
  }

  #movePen({ x, y }: Point): void {
    const inside = (value: number) => Math.min(1, Math.max(0, value));
    this.#pen = { x: inside(this.#pen.x + x), y: inside(this.#pen.y + y) };
    this.#penLine?.push(this.#pen);
  }

  #leaveKeyboard(): void {
    if (!this.#byKeyboard) return;
    this.#byKeyboard = false;
    this.#penLine = undefined;
    this.#paint();
  }

  #pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  #changed(): void {
    this.#paint();
    this.onChange(this.#lines);
  }

  #paint(): void {
    const { width: side } = this.#canvas;
    const context = this.#context;
    context.clearRect(0, 0, side, side);
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = getComputedStyle(this.#canvas).getPropertyValue('--chalk');
    context.lineWidth = PEN_WIDTH * side;
    for (const line of this.#lines) {
      context.beginPath();
      context.moveTo(line[0]!.x * side, line[0]!.y * side);
      for (const { x, y } of line) context.lineTo(x * side, y * side);
      context.stroke();
    }
    if (this.#byKeyboard) this.#paintPen(side);
  }

  /** A ring where the keyboard's pen is, filled while it is down. */
  #paintPen(side: number): void {
    const context = this.#context;
    context.beginPath();
    context.arc(this.#pen.x * side, this.#pen.y * side, PEN_WIDTH * side, 0, 2 * Math.PI);
    context.strokeStyle = context.fillStyle = getComputedStyle(this.#canvas).getPropertyValue('--loss');
    context.lineWidth = 4;
    context.stroke();
    if (this.#penLine) context.fill();
  }
}
