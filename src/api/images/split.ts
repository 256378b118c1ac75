import { registerEnumType } from 'type-graphql';

export const Split = { TRAIN: 'train', DEV: 'dev', TEST: 'test' } as const;
registerEnumType(Split, { name: 'Split', description: 'Which part of a data set a photo belongs to.' });
