/** What sentinels call the master. */
export const MASTER_NAME = "mymaster";
