// AWS's own error codes and wordings, as its query APIs send them.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html

/** An answer of the emulated AWS that is not a success. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const accessDenied = (message: string): AwsError => new AwsError('AccessDenied', 403, message);

export const validationError = (message: string): AwsError => new AwsError('ValidationError', 400, message);

export const malformedPolicy = (message: string): AwsError =>
  new AwsError('MalformedPolicyDocument', 400, message);

export const noSuchEntity = (message: string): AwsError => new AwsError('NoSuchEntity', 404, message);

export const alreadyExists = (message: string): AwsError => new AwsError('EntityAlreadyExists', 409, message);

export const missingToken = (): AwsError =>
  new AwsError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');

export const incompleteSignature = (message: string): AwsError =>
  new AwsError('IncompleteSignature', 403, message);

export const invalidClientToken = (): AwsError =>
  new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid.');

export const expiredToken = (): AwsError =>
  new AwsError('ExpiredToken', 403, 'The security token included in the request is expired');

export const signatureMismatch = (
  message = 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
): AwsError => new AwsError('SignatureDoesNotMatch', 403, message);
