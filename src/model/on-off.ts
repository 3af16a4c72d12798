// What counts as on and off where a switch is written with a value, as Go's flags and so kube2iam read it
// (https://pkg.go.dev/strconv#ParseBool).

export const isOn = (value: string): boolean => /^(?:1|t|true)$/i.test(value);

export const isOff = (value: string): boolean => /^(?:0|f|false)$/i.test(value);
