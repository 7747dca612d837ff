// What Sonde uses of net-snmp 3.29, which comes without types.
declare module 'net-snmp' {
  export interface Varbind {
    readonly oid: string;
    readonly type: number;
    /** Counter64 and octet strings are Buffers; OIDs and addresses texts; the rest numbers. */
    readonly value: unknown;
  }
  export interface DatagramSocket {
    on(event: string, handler: (...values: never[]) => void): unknown;
    send(buffer: Uint8Array, offset: number, length: number, port: number, address: string, done: (error: Error | null) => void): void;
    close(): void;
    ref(): void;
    unref(): void;
    bind(port?: number, address?: string): void;
  }
  export interface SessionOptions {
    readonly version?: number;
    readonly port?: number;
    readonly transport?: 'udp4' | 'udp6';
    readonly retries?: number;
    readonly timeout?: number;
    readonly backoff?: number;
    readonly context?: string;
    readonly idBitsSize?: number;
    readonly backwardsGetNexts?: boolean;
    readonly dgramModule?: { createSocket(type: 'udp4' | 'udp6'): DatagramSocket };
  }
  export interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol?: number | string;
    readonly authKey?: string;
    readonly privProtocol?: number | string;
    readonly privKey?: string;
  }
  type Done<T> = (error: Error | null, varbinds: T) => void;
  export interface Session {
    get(oids: readonly string[], done: Done<Varbind[] | undefined>): void;
    getNext(oids: readonly string[], done: Done<Varbind[] | undefined>): void;
    getBulk(oids: readonly string[], nonRepeaters: number, maxRepetitions: number, done: Done<(Varbind | Varbind[])[] | undefined>): void;
    on(event: 'error', handler: (error: Error) => void): void;
    close(): void;
  }
  export interface ModuleStore {
    loadFromFile(path: string): void;
    getModuleNames(includeBase: boolean): string[];
    getModule(name: string): Readonly<Record<string, { readonly ObjectName?: unknown; readonly OID?: unknown }>> | undefined;
  }
  const snmp: {
    createModuleStore(options: { readonly baseModules: readonly string[] }): ModuleStore;
    readonly Version1: number;
    readonly Version2c: number;
    readonly Version3: number;
    readonly SecurityLevel: { readonly noAuthNoPriv: number; readonly authNoPriv: number; readonly authPriv: number };
    readonly AuthProtocols: Readonly<Record<string, number>>;
    readonly PrivProtocols: Readonly<Record<string, number>>;
    createSession(target: string, community: string, options: SessionOptions): Session;
    createV3Session(target: string, user: User, options: SessionOptions): Session;
  };
  export default snmp;
}
