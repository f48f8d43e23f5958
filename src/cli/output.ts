/** Resolves once `bytes` are with the system and may be overwritten: that is the back-pressure. */
export function write(stream: NodeJS.WriteStream, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not before the event loop has turned: writes to files are synchronous, and signals would never be heard.
    stream.write(bytes, (error) => (error ? reject(error) : setImmediate(resolve)));
  });
}
