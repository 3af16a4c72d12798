// The forms of ids that AWS checks when it is asked, and not when a policy that names them is saved.

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const isExternalId = (text: string): boolean => /^[\w+=,.@:/-]{2,1224}$/.test(text);
export const EXTERNAL_ID_FORM = '2 to 1224 letters, digits and +=,.@:/_-';

/** https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html */
export const isOrganisationId = (text: string): boolean => /^o-[a-z0-9]{10,32}$/.test(text);
