// Help as oclif prints it, under the name that the user called.
import { Help } from '@oclif/core';

export default class PodIamHelp extends Help {}
