Products.vo Products.glob Products.v.beautified Products.required_vo: Products.v 
Products.vio: Products.v 
Products.vos Products.vok Products.required_vos: Products.v 
Structure.vo Structure.glob Structure.v.beautified Structure.required_vo: Structure.v Products.vo
Structure.vio: Structure.v Products.vio
Structure.vos Structure.vok Structure.required_vos: Structure.v Products.vos
Compactness.vo Compactness.glob Compactness.v.beautified Compactness.required_vo: Compactness.v Products.vo
Compactness.vio: Compactness.v Products.vio
Compactness.vos Compactness.vok Compactness.required_vos: Compactness.v Products.vos
Twins.vo Twins.glob Twins.v.beautified Twins.required_vo: Twins.v Products.vo Compactness.vo
Twins.vio: Twins.v Products.vio Compactness.vio
Twins.vos Twins.vok Twins.required_vos: Twins.v Products.vos Compactness.vos
Nested.vo Nested.glob Nested.v.beautified Nested.required_vo: Nested.v Products.vo Structure.vo Compactness.vo Twins.vo
Nested.vio: Nested.v Products.vio Structure.vio Compactness.vio Twins.vio
Nested.vos Nested.vok Nested.required_vos: Nested.v Products.vos Structure.vos Compactness.vos Twins.vos
Chains.vo Chains.glob Chains.v.beautified Chains.required_vo: Chains.v Products.vo Structure.vo Compactness.vo Nested.vo
Chains.vio: Chains.v Products.vio Structure.vio Compactness.vio Nested.vio
Chains.vos Chains.vok Chains.required_vos: Chains.v Products.vos Structure.vos Compactness.vos Nested.vos
Linear.vo Linear.glob Linear.v.beautified Linear.required_vo: Linear.v Products.vo Structure.vo
Linear.vio: Linear.v Products.vio Structure.vio
Linear.vos Linear.vok Linear.required_vos: Linear.v Products.vos Structure.vos
Frames.vo Frames.glob Frames.v.beautified Frames.required_vo: Frames.v Products.vo
Frames.vio: Frames.v Products.vio
Frames.vos Frames.vok Frames.required_vos: Frames.v Products.vos
Generic.vo Generic.glob Generic.v.beautified Generic.required_vo: Generic.v Products.vo Structure.vo Linear.vo
Generic.vio: Generic.v Products.vio Structure.vio Linear.vio
Generic.vos Generic.vok Generic.required_vos: Generic.v Products.vos Structure.vos Linear.vos
Triangular.vo Triangular.glob Triangular.v.beautified Triangular.required_vo: Triangular.v Products.vo Structure.vo Chains.vo Generic.vo
Triangular.vio: Triangular.v Products.vio Structure.vio Chains.vio Generic.vio
Triangular.vos Triangular.vok Triangular.required_vos: Triangular.v Products.vos Structure.vos Chains.vos Generic.vos
DualBases.vo DualBases.glob DualBases.v.beautified DualBases.required_vo: DualBases.v Products.vo Structure.vo Twins.vo
DualBases.vio: DualBases.v Products.vio Structure.vio Twins.vio
DualBases.vos DualBases.vok DualBases.required_vos: DualBases.v Products.vos Structure.vos Twins.vos
Rado.vo Rado.glob Rado.v.beautified Rado.required_vo: Rado.v Products.vo DualBases.vo
Rado.vio: Rado.v Products.vio DualBases.vio
Rado.vos Rado.vok Rado.required_vos: Rado.v Products.vos DualBases.vos
Types.vo Types.glob Types.v.beautified Types.required_vo: Types.v Products.vo Structure.vo Compactness.vo Twins.vo Generic.vo DualBases.vo Rado.vo
Types.vio: Types.v Products.vio Structure.vio Compactness.vio Twins.vio Generic.vio DualBases.vio Rado.vio
Types.vos Types.vok Types.required_vos: Types.v Products.vos Structure.vos Compactness.vos Twins.vos Generic.vos DualBases.vos Rado.vos
Dense.vo Dense.glob Dense.v.beautified Dense.required_vo: Dense.v Products.vo Structure.vo Compactness.vo Twins.vo Generic.vo DualBases.vo Types.vo
Dense.vio: Dense.v Products.vio Structure.vio Compactness.vio Twins.vio Generic.vio DualBases.vio Types.vio
Dense.vos Dense.vok Dense.required_vos: Dense.v Products.vos Structure.vos Compactness.vos Twins.vos Generic.vos DualBases.vos Types.vos
Gram.vo Gram.glob Gram.v.beautified Gram.required_vo: Gram.v Products.vo Twins.vo DualBases.vo Types.vo
Gram.vio: Gram.v Products.vio Twins.vio DualBases.vio Types.vio
Gram.vos Gram.vok Gram.required_vos: Gram.v Products.vos Twins.vos DualBases.vos Types.vos
Modulo.vo Modulo.glob Modulo.v.beautified Modulo.required_vo: Modulo.v Products.vo
Modulo.vio: Modulo.v Products.vio
Modulo.vos Modulo.vok Modulo.required_vos: Modulo.v Products.vos
Parts.vo Parts.glob Parts.v.beautified Parts.required_vo: Parts.v Products.vo Structure.vo Chains.vo Generic.vo
Parts.vio: Parts.v Products.vio Structure.vio Chains.vio Generic.vio
Parts.vos Parts.vok Parts.required_vos: Parts.v Products.vos Structure.vos Chains.vos Generic.vos
Polynomials.vo Polynomials.glob Polynomials.v.beautified Polynomials.required_vo: Polynomials.v 
Polynomials.vio: Polynomials.v 
Polynomials.vos Polynomials.vok Polynomials.required_vos: Polynomials.v 
Refutation.vo Refutation.glob Refutation.v.beautified Refutation.required_vo: Refutation.v Polynomials.vo
Refutation.vio: Refutation.v Polynomials.vio
Refutation.vos Refutation.vok Refutation.required_vos: Refutation.v Polynomials.vos
Limit.vo Limit.glob Limit.v.beautified Limit.required_vo: Limit.v Products.vo Polynomials.vo Refutation.vo
Limit.vio: Limit.v Products.vio Polynomials.vio Refutation.vio
Limit.vos Limit.vok Limit.required_vos: Limit.v Products.vos Polynomials.vos Refutation.vos
Continuity.vo Continuity.glob Continuity.v.beautified Continuity.required_vo: Continuity.v Polynomials.vo
Continuity.vio: Continuity.v Polynomials.vio
Continuity.vos Continuity.vok Continuity.required_vos: Continuity.v Polynomials.vos
Dichotomy.vo Dichotomy.glob Dichotomy.v.beautified Dichotomy.required_vo: Dichotomy.v Products.vo Polynomials.vo Refutation.vo Limit.vo Continuity.vo
Dichotomy.vio: Dichotomy.v Products.vio Polynomials.vio Refutation.vio Limit.vio Continuity.vio
Dichotomy.vos Dichotomy.vok Dichotomy.required_vos: Dichotomy.v Products.vos Polynomials.vos Refutation.vos Limit.vos Continuity.vos
Examples.vo Examples.glob Examples.v.beautified Examples.required_vo: Examples.v Products.vo Polynomials.vo Refutation.vo Limit.vo Dichotomy.vo
Examples.vio: Examples.v Products.vio Polynomials.vio Refutation.vio Limit.vio Dichotomy.vio
Examples.vos Examples.vok Examples.required_vos: Examples.v Products.vos Polynomials.vos Refutation.vos Limit.vos Dichotomy.vos
Stored.vo Stored.glob Stored.v.beautified Stored.required_vo: Stored.v Products.vo Refutation.vo Limit.vo
Stored.vio: Stored.v Products.vio Refutation.vio Limit.vio
Stored.vos Stored.vok Stored.required_vos: Stored.v Products.vos Refutation.vos Limit.vos
Patterns.vo Patterns.glob Patterns.v.beautified Patterns.required_vo: Patterns.v Products.vo Structure.vo Limit.vo Compactness.vo Twins.vo
Patterns.vio: Patterns.v Products.vio Structure.vio Limit.vio Compactness.vio Twins.vio
Patterns.vos Patterns.vok Patterns.required_vos: Patterns.v Products.vos Structure.vos Limit.vos Compactness.vos Twins.vos
Classification.vo Classification.glob Classification.v.beautified Classification.required_vo: Classification.v Products.vo Structure.vo Limit.vo Compactness.vo Twins.vo Patterns.vo
Classification.vio: Classification.v Products.vio Structure.vio Limit.vio Compactness.vio Twins.vio Patterns.vio
Classification.vos Classification.vok Classification.required_vos: Classification.v Products.vos Structure.vos Limit.vos Compactness.vos Twins.vos Patterns.vos
Sections.vo Sections.glob Sections.v.beautified Sections.required_vo: Sections.v Products.vo Polynomials.vo Refutation.vo Limit.vo Structure.vo Dichotomy.vo
Sections.vio: Sections.v Products.vio Polynomials.vio Refutation.vio Limit.vio Structure.vio Dichotomy.vio
Sections.vos Sections.vok Sections.required_vos: Sections.v Products.vos Polynomials.vos Refutation.vos Limit.vos Structure.vos Dichotomy.vos
Rules.vo Rules.glob Rules.v.beautified Rules.required_vo: Rules.v Products.vo Structure.vo Compactness.vo Twins.vo Nested.vo Linear.vo Polynomials.vo Limit.vo Dichotomy.vo Patterns.vo Classification.vo Sections.vo Generic.vo
Rules.vio: Rules.v Products.vio Structure.vio Compactness.vio Twins.vio Nested.vio Linear.vio Polynomials.vio Limit.vio Dichotomy.vio Patterns.vio Classification.vio Sections.vio Generic.vio
Rules.vos Rules.vok Rules.required_vos: Rules.v Products.vos Structure.vos Compactness.vos Twins.vos Nested.vos Linear.vos Polynomials.vos Limit.vos Dichotomy.vos Patterns.vos Classification.vos Sections.vos Generic.vos
Minimal.vo Minimal.glob Minimal.v.beautified Minimal.required_vo: Minimal.v Products.vo Refutation.vo Limit.vo Classification.vo
Minimal.vio: Minimal.v Products.vio Refutation.vio Limit.vio Classification.vio
Minimal.vos Minimal.vok Minimal.required_vos: Minimal.v Products.vos Refutation.vos Limit.vos Classification.vos
Tables.vo Tables.glob Tables.v.beautified Tables.required_vo: Tables.v Classification.vo Sections.vo Rules.vo
Tables.vio: Tables.v Classification.vio Sections.vio Rules.vio
Tables.vos Tables.vok Tables.required_vos: Tables.v Classification.vos Sections.vos Rules.vos
Three.vo Three.glob Three.v.beautified Three.required_vo: Three.v Products.vo Structure.vo Limit.vo Compactness.vo Nested.vo Patterns.vo Classification.vo Rules.vo Minimal.vo Tables.vo
Three.vio: Three.v Products.vio Structure.vio Limit.vio Compactness.vio Nested.vio Patterns.vio Classification.vio Rules.vio Minimal.vio Tables.vio
Three.vos Three.vok Three.required_vos: Three.v Products.vos Structure.vos Limit.vos Compactness.vos Nested.vos Patterns.vos Classification.vos Rules.vos Minimal.vos Tables.vos
Theorems.vo Theorems.glob Theorems.v.beautified Theorems.required_vo: Theorems.v Products.vo Structure.vo Compactness.vo Twins.vo Nested.vo Chains.vo Linear.vo Frames.vo Generic.vo Triangular.vo DualBases.vo Rado.vo Types.vo Dense.vo Gram.vo Modulo.vo Parts.vo Refutation.vo Limit.vo Dichotomy.vo Examples.vo Stored.vo Patterns.vo Classification.vo Sections.vo Rules.vo Three.vo
Theorems.vio: Theorems.v Products.vio Structure.vio Compactness.vio Twins.vio Nested.vio Chains.vio Linear.vio Frames.vio Generic.vio Triangular.vio DualBases.vio Rado.vio Types.vio Dense.vio Gram.vio Modulo.vio Parts.vio Refutation.vio Limit.vio Dichotomy.vio Examples.vio Stored.vio Patterns.vio Classification.vio Sections.vio Rules.vio Three.vio
Theorems.vos Theorems.vok Theorems.required_vos: Theorems.v Products.vos Structure.vos Compactness.vos Twins.vos Nested.vos Chains.vos Linear.vos Frames.vos Generic.vos Triangular.vos DualBases.vos Rado.vos Types.vos Dense.vos Gram.vos Modulo.vos Parts.vos Refutation.vos Limit.vos Dichotomy.vos Examples.vos Stored.vos Patterns.vos Classification.vos Sections.vos Rules.vos Three.vos
