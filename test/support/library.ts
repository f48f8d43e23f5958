// The built package, for tests in packages of their own: in them "permid64" is unknown.
export * from "permid64";
export * from "permid64/cas";
export * from "permid64/durable-object";
export * from "permid64/indexeddb";
export * from "permid64/postgres";
export * from "permid64/redis";
