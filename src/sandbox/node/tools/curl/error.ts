/** A failed transfer or a wrong option, with curl's exit code: https://curl.se/libcurl/c/libcurl-errors.html */
export class CurlError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
