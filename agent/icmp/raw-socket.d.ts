// raw-socket comes without types; these are the parts that socket.ts uses.
declare module 'raw-socket' {
  namespace raw {
    interface SocketWrap {
      /** Called by the addon: recvReady, sendReady, error, close. */
      emit: (event: string, argument?: unknown) => void;
      setOption(level: number, option: number, value: number): void;
      setOption(level: number, option: number, value: Buffer, length: number): void;
      /** Both are synchronous, and call back before they return. With packaging/packet-batches.h they take the slots of a batch, and no address. */
      send(slots: Buffer, offset: number, length: number, address: '', done: () => void): void;
      recv(slots: Buffer, taken: (slots: Buffer, count: number) => void): void;
      /** What the event loop looks for. */
      pause(receiving: boolean, sending: boolean): void;
      close(): void;
    }
  }
  const raw: {
    createSocket(options: { protocol: number; addressFamily: number; bufferSize?: number }): { readonly wrap: raw.SocketWrap };
    readonly Protocol: { readonly ICMP: number; readonly ICMPv6: number };
    readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  };
  export default raw;
}
