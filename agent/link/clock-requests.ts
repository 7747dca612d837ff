import { ClockReply, type ClockRequest } from '../../protocol/clock-exchange.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { type OffsetSample, offsetSample } from '../time/offset.ts';

const OUTSTANDING_MAX = 8;

/** The agent's half of the clock exchange. A reply counts once, and only when it answers a request of this session. */
export class ClockRequests {
  #outstanding: number[] = [];

  /** The message to publish at QoS 0; `t1` is the steady time at which it leaves. */
  request(t1: number): Uint8Array {
    this.#outstanding = [...this.#outstanding, t1].slice(-OUTSTANDING_MAX);
    const message: ClockRequest = { v: PROTOCOL_VERSION, t1 };
    return encode(message);
  }

  /** `t4`: the steady time at which the reply came. null when it says nothing. */
  reply(payload: Uint8Array, t4: number): OffsetSample | null {
    const reply = decode(ClockReply, payload);
    if (!reply.ok) return null;
    const { t1, t2, t3 } = reply.value;
    if (!this.#outstanding.includes(t1)) return null;
    this.#outstanding = this.#outstanding.filter((one) => one !== t1);
    return offsetSample(t1, t2, t3, t4);
  }
}
