// The memory in which packets cross to the kernel and back, many at a time. packaging/packet-batches.h has the same layout.

const SLOT_BYTES = 2_048;
const PACKET_BYTES = 1_984;
const ZONE_AT = PACKET_BYTES;
const ZONE_BYTES = 16;
const TIMES_AT = ZONE_AT + ZONE_BYTES;
const ADDRESS_AT = TIMES_AT + 16;
const NUMBERS_AT = ADDRESS_AT + 16;

/** Room for one packet and what belongs to it. */
export interface Slot {
  readonly packet: Buffer;
  /** Sent: the interface of a link-local address, a NUL behind it. */
  readonly zone: Buffer;
  /** ms of CLOCK_MONOTONIC. Sent: just before and just after the kernel took it. Received: when it came. */
  readonly timesMs: Float64Array;
  /** Where to, or where from: 32 bits each, one word for IPv4. */
  readonly address: Uint32Array;
  /** The packet's length in bytes, and of a sent one errno or 0. */
  readonly numbers: Int32Array;
}

export interface Batch {
  readonly slots: readonly Slot[];
  /** All slots, one after the other. */
  readonly bytes: Buffer;
}

export const makeBatch = (slotCount: number): Batch => {
  const memory = new ArrayBuffer(slotCount * SLOT_BYTES);
  const slots = Array.from({ length: slotCount }, (_, i): Slot => {
    const at = i * SLOT_BYTES;
    return {
      packet: Buffer.from(memory, at, PACKET_BYTES),
      zone: Buffer.from(memory, at + ZONE_AT, ZONE_BYTES),
      timesMs: new Float64Array(memory, at + TIMES_AT, 2),
      address: new Uint32Array(memory, at + ADDRESS_AT, 4),
      numbers: new Int32Array(memory, at + NUMBERS_AT, 2),
    };
  });
  return { slots, bytes: Buffer.from(memory) };
};

/** Bytes that the first `count` slots take. */
export const bytesOf = (count: number): number => count * SLOT_BYTES;

/** Who a packet is for. */
export interface Recipient {
  readonly words: readonly number[];
  /** Of a link-local address; '' otherwise. */
  readonly zone: string;
}

export const writeRecipient = (slot: Slot, { words, zone }: Recipient): void => {
  for (let i = 0; i < words.length; i += 1) slot.address[i] = words[i] ?? 0;
  slot.zone[zone === '' ? 0 : slot.zone.write(zone, 0, ZONE_BYTES - 1)] = 0;
};

/** Whether a packet came from this address. */
export const isFrom = (slot: Slot, words: readonly number[]): boolean => {
  for (let i = 0; i < words.length; i += 1) if (slot.address[i] !== words[i]) return false;
  return true;
};
