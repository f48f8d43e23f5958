// The built bundle, for tests in packages of their own: in them "permid64" is unknown.
export * from "permid64";
