/** The version of the database. */
export const FORMAT = 1;

/** The one object store: records of id spaces, under their names. */
export const SPACES = "permid64";
