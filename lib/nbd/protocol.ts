/**
 * Constants of the NBD protocol (the `proto.md` of the NetworkBlockDevice project) that are used
 * here. All fields on the wire are big endian.
 *
 * @module
 */

/**
 * The first bytes of each kind of message. NBD protocol, sections "Handshake" and "Transmission
 * phase".
 */
export const MAGIC = Object.freeze(
  {
    /** "NBDMAGIC", the first bytes from a server. */
    GREETING: 0x4e42444d41474943n,
    /** "IHAVEOPT", which follows it, and starts each option. */
    OPTION: 0x49484156454f5054n,
    OPTION_REPLY: 0x3e889045565a9n,
    REQUEST: 0x25609513,
    SIMPLE_REPLY: 0x67446698,
    STRUCTURED_REPLY: 0x668e33ef,
  } as const,
);

/** Flags of the handshake. NBD protocol, section "Handshake flags". */
export const HANDSHAKE_FLAG = Object.freeze({ FIXED_NEWSTYLE: 1, NO_ZEROES: 2 } as const);

/** Options of the negotiation. NBD protocol, section "Option types". */
export const OPTION = Object.freeze(
  {
    EXPORT_NAME: 1,
    ABORT: 2,
    LIST: 3,
    STARTTLS: 5,
    INFO: 6,
    GO: 7,
    STRUCTURED_REPLY: 8,
    LIST_META_CONTEXT: 9,
    SET_META_CONTEXT: 10,
  } as const,
);

/** Replies to options. NBD protocol, section "Option reply types". */
export const REPLY = Object.freeze(
  {
    ACK: 1,
    SERVER: 2,
    INFO: 3,
    META_CONTEXT: 4,
    ERR_UNSUP: 0x80000001,
    ERR_INVALID: 0x80000003,
    ERR_UNKNOWN: 0x80000006,
    ERR_TOO_BIG: 0x80000009,
  } as const,
);

/** Kinds of information about an export. NBD protocol, section "`NBD_INFO_*`". */
export const INFO = Object.freeze(
  { EXPORT: 0, NAME: 1, DESCRIPTION: 2, BLOCK_SIZE: 3 } as const,
);

/** Capabilities of an export. NBD protocol, section "Transmission flags". */
export const EXPORT_FLAG = Object.freeze(
  {
    HAS_FLAGS: 1 << 0,
    READ_ONLY: 1 << 1,
    SEND_FLUSH: 1 << 2,
    SEND_FUA: 1 << 3,
    SEND_TRIM: 1 << 5,
    SEND_WRITE_ZEROES: 1 << 6,
    SEND_DF: 1 << 7,
    CAN_MULTI_CONN: 1 << 8,
    SEND_FAST_ZERO: 1 << 11,
  } as const,
);

/** Kinds of requests. NBD protocol, section "Request types". */
export const COMMAND = Object.freeze(
  {
    READ: 0,
    WRITE: 1,
    DISC: 2,
    FLUSH: 3,
    TRIM: 4,
    WRITE_ZEROES: 6,
    BLOCK_STATUS: 7,
  } as const,
);

/** Flags of a request. NBD protocol, section "Command flags". */
export const COMMAND_FLAG = Object.freeze(
  {
    FUA: 1 << 0,
    NO_HOLE: 1 << 1,
    DF: 1 << 2,
    REQ_ONE: 1 << 3,
    FAST_ZERO: 1 << 4,
  } as const,
);

/**
 * The flag of the last chunk of a structured reply. NBD protocol, section "Structured reply flags".
 */
export const CHUNK_DONE = 1;

/** Kinds of chunks. NBD protocol, section "Structured reply types". */
export const CHUNK = Object.freeze(
  {
    NONE: 0,
    OFFSET_DATA: 1,
    OFFSET_HOLE: 2,
    BLOCK_STATUS: 5,
    ERROR: 0x8001,
    ERROR_OFFSET: 0x8002,
  } as const,
);

/** Errors of a request. NBD protocol, section "Error values". */
export const NBD_ERROR = Object.freeze(
  {
    EPERM: 1,
    EIO: 5,
    ENOMEM: 12,
    EINVAL: 22,
    ENOSPC: 28,
    EOVERFLOW: 75,
    ENOTSUP: 95,
    ESHUTDOWN: 108,
  } as const,
);

/** The only metadata context served. NBD protocol, section "The `base:` metadata namespace". */
export const ALLOCATION_CONTEXT = "base:allocation";

/** Flags of an extent in that context. */
export const EXTENT_FLAG = Object.freeze({ HOLE: 1, ZERO: 2 } as const);

/** Bytes of a request's head. */
export const REQUEST_BYTES = 28;
/** Bytes of a simple reply, without data. */
export const SIMPLE_REPLY_BYTES = 16;
/** Bytes of a chunk's head. */
export const CHUNK_HEAD_BYTES = 20;
/** Maximum length of a name or other text. NBD protocol, section "Values". */
export const MAX_TEXT_BYTES = 4096;
/** Maximum size of a read or write. NBD protocol, section "Block size constraints". */
export const MAX_PAYLOAD_BYTES = 32 * 2 ** 20;
