// Bytes that grow, and a reader over them. Whole numbers as varints: seven bits a byte, low ones first, by division, since they may have 53 bits.

/** A number on its way to bytes or back; the low one first, as on every machine that this runs on. */
const oneFloat = new Float64Array(1);
const oneFloatBytes = new Uint8Array(oneFloat.buffer);

export class ByteWriter {
  #bytes = new Uint8Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, |value| < 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  float(value: number): void {
    oneFloat[0] = value;
    this.raw(oneFloatBytes);
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Values from 0, each below 2^bits, one after the other; bits ≤ 24. */
  packed(values: Uint32Array, count: number, bits: number): void {
    if (bits === 0) return;
    this.#room(Math.ceil((count * bits) / 8));
    const bytes = this.#bytes;
    let at = this.#length;
    let held = 0;
    let heldBits = 0;
    for (let i = 0; i < count; i += 1) {
      held |= (values[i] ?? 0) << heldBits;
      heldBits += bits;
      while (heldBits >= 8) {
        bytes[at++] = held & 0xff;
        held >>>= 8;
        heldBits -= 8;
      }
    }
    if (heldBits > 0) bytes[at++] = held & 0xff;
    this.#length = at;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, until more is. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** From there on, a character a byte: to know the same bytes again. */
  latin1(from: number): string {
    return Buffer.from(this.#bytes.buffer, from, this.#length - from).toString('latin1');
  }

  /** Takes back what was written from there on. */
  cut(from: number): void {
    this.#length = from;
  }

  /** Eight bytes each. */
  floats(values: Float64Array): void {
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  #room(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Throws a RangeError beyond the end: the bytes are not what was written. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** Another reader over the same bytes. */
  from(at: number): ByteReader {
    return new ByteReader(this.#bytes, at);
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('a chunk ends too early');
    return value;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      if (byte < 128) return value + byte * factor;
      value += (byte - 128) * factor;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  raw(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError('a chunk ends too early');
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  float(): number {
    oneFloatBytes.set(this.raw(8));
    return oneFloat[0] ?? 0;
  }

  floats(count: number): Float64Array {
    const values = new Float64Array(count);
    new Uint8Array(values.buffer).set(this.raw(8 * count));
    return values;
  }

  text(): string {
    return Buffer.from(this.raw(this.varint())).toString('utf8');
  }

  /** What `packed` wrote, added to base, into `into` from `offset`. */
  packed(into: Float64Array, offset: number, count: number, bits: number, base: number): void {
    if (bits === 0) {
      into.fill(base, offset, offset + count);
      return;
    }
    const bytes = this.raw(Math.ceil((count * bits) / 8));
    const mask = 2 ** bits - 1;
    let at = 0;
    let held = 0;
    let heldBits = 0;
    for (let i = offset; i < offset + count; i += 1) {
      while (heldBits < bits) {
        held |= (bytes[at++] ?? 0) << heldBits;
        heldBits += 8;
      }
      into[i] = base + (held & mask);
      held >>>= bits;
      heldBits -= bits;
    }
  }
}
