import { registerEnumType } from 'type-graphql';

export const CaptionOrigin = { REFERENCE: 'reference', FILE: 'file', GENERATED: 'generated' } as const;
registerEnumType(CaptionOrigin, {
  name: 'CaptionOrigin',
  valuesConfig: {
    REFERENCE: { description: 'A person wrote or chose it, or it comes with a data set.' },
    FILE: { description: "The photo's file says it: its captions, or for a search its title, keywords or name." },
    GENERATED: { description: 'A model wrote it.' },
  },
});
