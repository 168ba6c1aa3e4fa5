/** Bytes of a cluster in the scenarios: the smallest there is, to keep their tables small. */
export const CLUSTER = 4096;
/** Bytes that an L2 table of one such cluster maps. */
export const PER_L2_TABLE = (CLUSTER / 8) * CLUSTER;
/** Bytes of the guest's disk in the scenarios: eight L2 tables. */
export const DISK = 8 * PER_L2_TABLE;
