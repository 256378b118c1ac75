/**
 * The base of an object type that hands on fields of a record. The type names those it shows, each with its decorator
 * and with `declare`, so that the compiler knows them to be the record's; what it renames or computes is a getter or a
 * method.
 */
export function fieldsOf<R extends object>(): new (record: R) => Readonly<R> {
  return FieldsOfRecord as new (record: R) => Readonly<R>;
}

class FieldsOfRecord {
  constructor(record: object) {
    Object.assign(this, record);
  }
}
